(function () {
  "use strict";
  var all = function (what) { return Array.prototype.slice.call(document.querySelectorAll(what)); };
  var folds = all("details"), opened = [];
  var unfold = document.getElementById("unfold"), find = document.getElementById("find");
  var found = document.getElementById("found"), things = all(".findable, .compact tbody tr");
  var rows = all(".rule .subjects tbody tr");

  function holds(one, wanted) {
    return one.textContent.toLowerCase().indexOf(wanted) >= 0;
  }

  function filter(wanted) {
    var shown = 0;
    things.forEach(function (one) {
      var next = one.nextElementSibling;
      var remarks = next && next.classList.contains("remarks") ? next : null;
      var hit = holds(one, wanted) || (remarks !== null && holds(remarks, wanted));
      one.hidden = !hit;
      if (remarks) { remarks.hidden = !hit; }
      shown += hit ? 1 : 0;
    });
    // Within a rule whose own words do not match, only the subjects that do stay.
    rows.forEach(function (row) {
      var header = row.closest(".rule").querySelector("header");
      row.hidden = !holds(row, wanted) && !holds(header, wanted);
    });
    if (wanted) {
      folds.forEach(function (one) { if (holds(one, wanted)) { one.open = true; } });
    }
    found.textContent = wanted ? shown + " of " + things.length + " shown" : "";
  }

  function typed() { return find.value.trim().toLowerCase(); }

  // A link into something that is folded away unfolds it.
  function unfoldFor(hash) {
    var one = hash.length > 1 ? document.getElementById(decodeURIComponent(hash.slice(1))) : null;
    for (; one; one = one.parentElement) { if (one.tagName === "DETAILS") { one.open = true; } }
  }
  window.addEventListener("hashchange", function () { unfoldFor(location.hash); });
  unfoldFor(location.hash);

  // Paper shows everything: what is folded away, and what the search left out.
  window.addEventListener("beforeprint", function () {
    filter("");
    opened = folds.filter(function (one) { return !one.open; });
    opened.forEach(function (one) { one.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (one) { one.open = false; });
    filter(typed());
  });

  unfold.addEventListener("click", function () {
    var open = folds.some(function (one) { return !one.open; });
    folds.forEach(function (one) { one.open = open; });
    unfold.textContent = open ? "Fold all" : "Unfold all";
  });

  find.addEventListener("input", function () { filter(typed()); });
  document.querySelector(".tools").hidden = false;
}());
