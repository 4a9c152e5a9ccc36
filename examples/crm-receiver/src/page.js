// Shows what is new without a reload; what was unfolded stays so.
const part = document.getElementById("part");
let shown = null;

async function look() {
  try {
    const answer = await fetch("/part");
    const html = answer.ok ? await answer.text() : shown;
    if (html !== shown && shown !== null) {
      const open = [...part.querySelectorAll("details[open]")].map((details) => details.id);
      part.innerHTML = html;
      for (const id of open) {
        document.getElementById(id)?.setAttribute("open", "");
      }
    }
    shown = html;
  } catch {
    // The receiver is away; the next look finds it again.
  }
  setTimeout(look, document.hidden ? 5000 : 1000);
}

look();
