// Optional: preselects the time zone of this browser at sign-up.
(() => {
  "use strict";
  const select = document.querySelector("select[name=timezone][data-guess]");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (select && [...select.options].some((each) => each.value === zone)) select.value = zone;
})();
