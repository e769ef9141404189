(function () {
  "use strict";
  var all = function (what) { return Array.prototype.slice.call(document.querySelectorAll(what)); };
  var folds = all("details"), opened = [];
  var expand = document.getElementById("expand"), find = document.getElementById("find");
  var owner = document.getElementById("owner");
  var matches = document.getElementById("matches"), items = all(".findable, .compact tbody tr");
  var rows = all(".rule .subjects tbody tr"), names = all(".rule .names li");
  var owners = rows.concat(names), lists = all(".rule .subjects, .rule .names");

  function contains(element, term) {
    return element.textContent.toLowerCase().indexOf(term) >= 0;
  }

  function owned(element, team) {
    return !team || element.dataset.owner.split(" ").indexOf(team) >= 0;
  }

  function hasVisibleOwner(element) {
    return element.querySelector("[data-owner]:not([hidden])") !== null;
  }

  // Of a check, only what the team owns is shown; what concerns a whole connection concerns the team.
  function filterByTeam(team) {
    lists.forEach(function (element) {
      var empty = !hasVisibleOwner(element), fold = element.closest("details");
      element.hidden = empty;
      if (fold) {
        fold.hidden = empty;
        // It counts the collapsed rows of all teams.
        fold.querySelector("summary").hidden = team !== "";
      }
    });
    all(".gaps > li").forEach(function (element) {
      element.hidden = element.querySelector("[data-owner]") !== null && !hasVisibleOwner(element);
    });
    if (team) {
      all(".rule").forEach(function (element) {
        var whole = element.querySelector(".gaps > li:not([hidden])") !== null;
        element.hidden = element.hidden || (element.querySelector("[data-owner]") !== null && !whole && !hasVisibleOwner(element));
      });
    }
  }

  function filter(term, team) {
    var counted = team ? owners : items, shown = 0;
    // Within a check whose title does not match, only the resources that match are shown.
    rows.forEach(function (row) {
      var header = row.closest(".rule").querySelector("header");
      row.hidden = !owned(row, team) || (!contains(row, term) && !contains(header, term));
    });
    names.forEach(function (element) { element.hidden = !owned(element, team); });
    items.forEach(function (element) {
      var next = element.nextElementSibling;
      var remarks = next && next.classList.contains("remarks") ? next : null;
      var hit = contains(element, term) || (remarks !== null && contains(remarks, term));
      element.hidden = !hit;
      if (remarks) { remarks.hidden = !hit; }
    });
    filterByTeam(team);
    counted.forEach(function (element) { shown += element.hidden ? 0 : 1; });
    if (term || team) {
      folds.forEach(function (element) {
        if (term ? contains(element, term) : element.querySelector("[data-owner]")) { element.open = true; }
      });
    }
    matches.textContent = term || team ? shown + " of " + counted.length + " shown" + (matches.dataset.note || "") : "";
  }

  function applyFilters() {
    filter(find.value.trim().toLowerCase(), owner ? owner.value : "");
  }

  // A link into something that is collapsed expands it.
  function expandFor(hash) {
    var element = hash.length > 1 ? document.getElementById(decodeURIComponent(hash.slice(1))) : null;
    for (; element; element = element.parentElement) { if (element.tagName === "DETAILS") { element.open = true; } }
  }
  window.addEventListener("hashchange", function () { expandFor(location.hash); });
  expandFor(location.hash);

  // Paper has what the filters left out, and expands collapsed lists.
  window.addEventListener("beforeprint", function () {
    filter("", "");
    opened = folds.filter(function (element) { return !element.open && element.classList.contains("paper"); });
    opened.forEach(function (element) { element.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (element) { element.open = false; });
    applyFilters();
  });

  expand.addEventListener("click", function () {
    var open = folds.some(function (element) { return !element.open; });
    folds.forEach(function (element) { element.open = open; });
    expand.textContent = open ? "Collapse all" : "Expand all";
  });

  find.addEventListener("input", applyFilters);
  if (owner) { owner.addEventListener("change", applyFilters); }
  // The moment in the reader's own time zone stands beside the one in UTC.
  all("time").forEach(function (element) {
    var moment = new Date(element.dateTime);
    if (!isNaN(moment)) { element.title = moment.toLocaleString(undefined, {timeZoneName: "short"}); }
  });
  document.querySelector(".tools").hidden = false;
}());
