/** Marked as in a page: nothing is loaded before a yes, and until then the gate says what would be. */
export function Film({ src, title }) {
  return (
    <div>
      <iframe data-category="media" data-src={src} title={title} width="640" height="256" />
    </div>
  );
}
