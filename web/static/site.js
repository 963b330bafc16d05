// What every page does with scripts on: the summary of errors names its fields and takes focus.
"use strict";
(function () {
  var trouble = document.getElementById("trouble");
  if (!trouble) { return; }
  Array.prototype.forEach.call(trouble.querySelectorAll("a"), function (link) {
    var field = document.getElementById(link.hash.slice(1));
    var label = field && (document.querySelector("label[for='" + field.id + "']") || field.querySelector("legend"));
    if (label) { link.textContent = label.firstChild.textContent.trim() + "：" + link.textContent; }
  });
  trouble.focus();
})();
