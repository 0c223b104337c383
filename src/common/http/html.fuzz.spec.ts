import { anyText, forAll } from '../../../test/support/fuzz';
import { html } from './html';

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

it('any text is read back as it was, from text and quoted attributes, and ends neither', () => {
  forAll([anyText(), anyText()], (title, text) => {
    const bold = html`<b>${text}</b>`;
    const page = String(html`<p title="${title}">${[text, bold]}</p>`);
    const parts = /^<p title="([^"<>']*)">([^"<>']*)<b>([^"<>']*)<\/b><\/p>$/.exec(page) ?? [];
    const read = parts
      .slice(1)
      .map((part) => part.replaceAll(/&#?\w+;/g, (entity) => ENTITIES[entity]!));
    expect(read).toEqual([title, text, text]);
  });
});
