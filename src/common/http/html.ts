export type { Html };
type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[];

/** Markup that is safe to send: only the `html` tag makes it. */
class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/**
 * Template tag for markup. Whatever is interpolated is escaped for text and for quoted attributes,
 * unless it was itself made by this tag; arrays are joined, null, undefined and false are nothing.
 * It does not judge URLs: an `href` from outside must be known to start with http.
 */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  const rest = values.map((value, index) => render(value) + strings[index + 1]);
  return new Html(strings[0] + rest.join(''));
}

function render(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'string' || typeof value === 'number') return escape(String(value));
  return value.map(render).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign]!);
