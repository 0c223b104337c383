import Handlebars from 'handlebars';
import type { MailCatalog, MailCopy } from './mail-catalog';
import { MAIL_VALUES, type MailKind } from './mail-kind';

export type Values = Readonly<Record<string, string>>;

/** A mail's copy with its values filled in: plain text, not yet escaped for anything. */
export interface FilledCopy {
  readonly language: string;
  readonly subject: string;
  readonly preheader: string;
  readonly greeting: string;
  readonly heading: string;
  readonly paragraphs: readonly string[];
  readonly button: string | null;
  readonly note: string | null;
  readonly closing: string;
  readonly linkHint: string;
  readonly details: MailCatalog['details'];
  readonly help: string | null;
  readonly reason: string;
}

/** @throws Error when a value that the copy names is missing */
type Fill = (values: Values) => FilledCopy;

export type CompiledCatalog = ReadonlyMap<MailKind, Fill>;

/**
 * Compiles all copy of a language and fills it in once, so that a misspelt placeholder stops the
 * process at start and not the one mail somebody waits for.
 * @throws Error naming language and kind
 */
export function compileCatalog(catalog: MailCatalog): CompiledCatalog {
  const kinds = Object.keys(MAIL_VALUES) as MailKind[];
  return new Map(kinds.map((kind) => [kind, compileAndTry(catalog, kind)]));
}

function compileAndTry(catalog: MailCatalog, kind: MailKind): Fill {
  const names = ['username', 'company', 'support_email', ...MAIL_VALUES[kind]];
  try {
    const fill = compile(catalog, catalog.mails[kind]);
    fill(Object.fromEntries(names.map((name) => [name, 'sample'])));
    return fill;
  } catch (error) {
    throw new Error(`mail copy ${catalog.language}/${kind}: ${String(error)}`, { cause: error });
  }
}

function compile(catalog: MailCatalog, copy: MailCopy): Fill {
  const { language, details } = catalog;
  const button = copy.button ?? null;
  const subject = template(copy.subject);
  const preheader = template(copy.preheader);
  const greeting = template(catalog.greeting);
  const heading = template(copy.heading);
  const paragraphs = copy.paragraphs.map(template);
  const note = copy.note === undefined ? null : template(copy.note);
  const closing = template(copy.closing);
  const help = template(catalog.help);
  const reason = template(catalog.reason);
  return (values) => ({
    language,
    subject: subject(values),
    preheader: preheader(values),
    greeting: greeting(values),
    heading: heading(values),
    paragraphs: paragraphs.map((paragraph) => paragraph(values)),
    button,
    note: note?.(values) ?? null,
    closing: closing(values),
    linkHint: catalog.linkHint,
    details,
    help: 'support_email' in values ? help(values) : null,
    reason: reason(values),
  });
}

/** Strict: a placeholder without a value throws. Escaping is the layout's, for all of it. */
const template = (source: string) =>
  Handlebars.compile<Values>(source, { strict: true, noEscape: true, knownHelpersOnly: true });
