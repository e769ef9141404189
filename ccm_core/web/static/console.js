// The console works without this. It copies addresses, selects all findings of a list, and brings
// up to date what is under way.
"use strict";
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = "Copied";
  });
}
for (const box of document.querySelectorAll("[data-select-all]")) {
  box.addEventListener("change", () => {
    for (const one of document.querySelectorAll("input[name=finding]")) one.checked = box.checked;
  });
}
for (const box of document.querySelectorAll("[data-refresh]")) {
  const refresh = async () => {
    const answer = await fetch(box.dataset.refresh);
    if (!answer.ok || answer.redirected) return;
    box.innerHTML = await answer.text();
    if (box.querySelector("[data-goes-on]")) setTimeout(refresh, 1000);
  };
  if (box.querySelector("[data-goes-on]")) setTimeout(refresh, 1000);
}
