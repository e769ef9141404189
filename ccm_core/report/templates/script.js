(function () {
  "use strict";
  var all = function (what) { return Array.prototype.slice.call(document.querySelectorAll(what)); };
  var folds = all("details"), opened = [];
  var unfold = document.getElementById("unfold"), find = document.getElementById("find");
  var owner = document.getElementById("owner");
  var found = document.getElementById("found"), things = all(".findable, .compact tbody tr");
  var rows = all(".rule .subjects tbody tr"), names = all(".rule .names li");
  var owners = rows.concat(names), lists = all(".rule .subjects, .rule .names");

  function holds(one, wanted) {
    return one.textContent.toLowerCase().indexOf(wanted) >= 0;
  }

  function owned(one, team) {
    return !team || one.dataset.owner.split(" ").indexOf(team) >= 0;
  }

  function left(one) {
    return one.querySelector("[data-owner]:not([hidden])") !== null;
  }

  // Of a rule, only what the team owns stays; what concerns all of a connection concerns the team.
  function keep(team) {
    lists.forEach(function (one) {
      var gone = !left(one), fold = one.closest("details");
      one.hidden = gone;
      if (fold) {
        fold.hidden = gone;
        // It says how many are folded away, whosever they are.
        fold.querySelector("summary").hidden = team !== "";
      }
    });
    all(".gaps > li").forEach(function (one) {
      one.hidden = one.querySelector("[data-owner]") !== null && !left(one);
    });
    if (team) {
      all(".rule").forEach(function (one) {
        var whole = one.querySelector(".gaps > li:not([hidden])") !== null;
        one.hidden = one.hidden || (one.querySelector("[data-owner]") !== null && !whole && !left(one));
      });
    }
  }

  function filter(wanted, team) {
    var counted = team ? owners : things, shown = 0;
    // Within a rule whose own words do not match, only the subjects that do stay.
    rows.forEach(function (row) {
      var header = row.closest(".rule").querySelector("header");
      row.hidden = !owned(row, team) || (!holds(row, wanted) && !holds(header, wanted));
    });
    names.forEach(function (one) { one.hidden = !owned(one, team); });
    things.forEach(function (one) {
      var next = one.nextElementSibling;
      var remarks = next && next.classList.contains("remarks") ? next : null;
      var hit = holds(one, wanted) || (remarks !== null && holds(remarks, wanted));
      one.hidden = !hit;
      if (remarks) { remarks.hidden = !hit; }
    });
    keep(team);
    counted.forEach(function (one) { shown += one.hidden ? 0 : 1; });
    if (wanted || team) {
      folds.forEach(function (one) {
        if (wanted ? holds(one, wanted) : one.querySelector("[data-owner]")) { one.open = true; }
      });
    }
    found.textContent = wanted || team ? shown + " of " + counted.length + " shown" : "";
  }

  function asked() {
    filter(find.value.trim().toLowerCase(), owner ? owner.value : "");
  }

  // A link into something that is folded away unfolds it.
  function unfoldFor(hash) {
    var one = hash.length > 1 ? document.getElementById(decodeURIComponent(hash.slice(1))) : null;
    for (; one; one = one.parentElement) { if (one.tagName === "DETAILS") { one.open = true; } }
  }
  window.addEventListener("hashchange", function () { unfoldFor(location.hash); });
  unfoldFor(location.hash);

  // Paper has what the filters left out, and begins lists that are folded away.
  window.addEventListener("beforeprint", function () {
    filter("", "");
    opened = folds.filter(function (one) { return !one.open && one.classList.contains("paper"); });
    opened.forEach(function (one) { one.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (one) { one.open = false; });
    asked();
  });

  unfold.addEventListener("click", function () {
    var open = folds.some(function (one) { return !one.open; });
    folds.forEach(function (one) { one.open = open; });
    unfold.textContent = open ? "Fold all" : "Unfold all";
  });

  find.addEventListener("input", asked);
  if (owner) { owner.addEventListener("change", asked); }
  document.querySelector(".tools").hidden = false;
}());
