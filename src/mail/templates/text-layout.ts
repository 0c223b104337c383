import type { MailView } from './mail-view';

/** The plain-text part. The link stands alone on its line, so that nothing clings to it. */
export function textLayout({ copy, action, details }: MailView): string {
  const blocks: (string | null)[] = [
    copy.heading,
    copy.greeting,
    ...copy.paragraphs,
    action && `${action.label}:\n${action.url}`,
    copy.note,
    details.map(({ label, value }) => `${label}: ${value}`).join('\n'),
    copy.closing,
    ['-- ', copy.help, copy.reason].filter((line) => line !== null).join('\n'),
  ];
  return `${blocks.filter(Boolean).join('\n\n')}\n`;
}
