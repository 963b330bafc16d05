// What every page does with scripts on: the summary of errors takes focus, and a table or picture
// that is wider than its box can be scrolled by keys.
"use strict";
(function () {
  var trouble = document.getElementById("trouble");
  if (trouble) { trouble.focus(); }

  function reach(box) {
    var head = box.closest("section") && box.closest("section").querySelector("h1, h2, caption");
    var isWide = box.scrollWidth > box.clientWidth;
    if (isWide) { box.tabIndex = 0; } else { box.removeAttribute("tabindex"); }
    if (isWide) { box.setAttribute("role", "group"); } else { box.removeAttribute("role"); }
    if (isWide && head) { box.setAttribute("aria-label", head.textContent.trim()); } else { box.removeAttribute("aria-label"); }
  }
  function reachAll() { Array.prototype.forEach.call(document.querySelectorAll(".scroll"), reach); }
  reachAll();
  window.addEventListener("resize", reachAll);
})();
