import { html } from './html';

describe('html', () => {
  it('escapes text and quoted attributes', () => {
    const hostile = `"><script>alert('x')</script>&amp;`;
    expect(String(html`<a title="${hostile}">${hostile}</a>`)).toBe(
      '<a title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;">' +
        '&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;</a>',
    );
  });

  it('leaves its own markup alone', () => {
    expect(String(html`<p>${html`<b>${'<'}</b>`}</p>`)).toBe('<p><b>&lt;</b></p>');
  });

  it('joins arrays, also nested ones', () => {
    const items = ['<', 1, html`<i></i>`, ['&']];
    expect(String(html`[${items}]`)).toBe('[&lt;1<i></i>&amp;]');
  });

  it('renders null, undefined and false as nothing, but zero as zero', () => {
    expect(String(html`${null}${undefined}${false}${0}`)).toBe('0');
  });

  it('is not fooled by an object that pretends to be markup', () => {
    const forged = JSON.parse('{"toString":"<script>"}') as string;
    expect(() => String(html`${forged}`)).toThrow(TypeError);
  });
});
