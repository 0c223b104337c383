import type { StoredMail } from '../mail/transports/mailbox';
import { listPage, messagePage } from './mailbox-pages';

const HOSTILE = `"></iframe><script>alert('x')</script>`;

const mail: StoredMail = {
  id: '01990000-0000-7000-8000-000000000000',
  sentAt: new Date('2030-01-01T00:00:00Z'),
  message: { id: 'x', to: HOSTILE, subject: HOSTILE, text: HOSTILE, html: `<p>${HOSTILE}</p>` },
  links: ['https://example.com/a?b=1&c=2'],
};

describe('the mailbox pages', () => {
  it('escape whatever a message holds', () => {
    for (const page of [String(listPage([mail])), String(messagePage(mail))]) {
      expect(page).not.toContain('<script');
      expect(page).toContain('&lt;script&gt;');
      expect(page).toContain('href="https://example.com/a?b=1&amp;c=2"');
    }
  });

  it('show the message in a frame that runs no script and reaches nothing', () => {
    const page = String(messagePage(mail));
    const frame = /<iframe[^>]*>/.exec(page)![0];
    expect(page.split('</iframe>')).toHaveLength(2);
    expect(frame).toContain('sandbox="');
    expect(frame).not.toMatch(/allow-scripts|allow-same-origin/);
  });

  it('say so when there is no mail', () => {
    expect(String(listPage([]))).toContain('No mail yet');
  });
});
