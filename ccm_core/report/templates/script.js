(function () {
  "use strict";
  var all = function (what) { return Array.prototype.slice.call(document.querySelectorAll(what)); };
  var folds = all("details"), opened = [];
  var unfold = document.getElementById("unfold"), find = document.getElementById("find");
  var found = document.getElementById("found"), things = all(".findable, .compact tbody tr");

  // Paper shows everything that is folded away on the screen.
  window.addEventListener("beforeprint", function () {
    opened = folds.filter(function (one) { return !one.open; });
    opened.forEach(function (one) { one.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (one) { one.open = false; });
  });

  unfold.addEventListener("click", function () {
    var open = folds.some(function (one) { return !one.open; });
    folds.forEach(function (one) { one.open = open; });
    unfold.textContent = open ? "Fold all" : "Unfold all";
  });

  find.addEventListener("input", function () {
    var wanted = find.value.trim().toLowerCase(), shown = 0;
    things.forEach(function (one) {
      var next = one.nextElementSibling;
      var remarks = next && next.classList.contains("remarks") ? next : null;
      var text = one.textContent + (remarks ? remarks.textContent : "");
      var hit = !wanted || text.toLowerCase().indexOf(wanted) >= 0;
      one.hidden = !hit;
      if (remarks) { remarks.hidden = !hit; }
      shown += hit ? 1 : 0;
    });
    found.textContent = wanted ? shown + " of " + things.length + " shown" : "";
  });

  document.querySelector(".tools").hidden = false;
}());
