// Follow a session: show the page anew when it would look different, unless somebody is typing.
const live = document.getElementById("live");
const EVERY_MILLIS = 2000;
if (live.dataset.over !== "1") {
  setInterval(async () => {
    if (document.hidden || document.activeElement?.matches("input, textarea")) return;
    const answer = await fetch(live.dataset.state).catch(() => null);
    if (!answer?.ok) return;
    const { picture } = await answer.json();
    if (picture !== live.dataset.picture) location.reload();
  }, EVERY_MILLIS);
}
