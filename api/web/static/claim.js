// The QR code on a label carries the claim code behind "#", which no server is sent.
const code = location.hash.slice(1);
const field = document.getElementById("code");
if (code && field && !field.value) {
  field.value = code.slice(0, 40);
  history.replaceState(null, "", location.pathname);
}
