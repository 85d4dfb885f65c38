/** Text as XML and HTML want it, within elements and within quoted attributes. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[letter]!);
}
