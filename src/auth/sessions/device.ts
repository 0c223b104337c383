import { parse } from 'bowser';

/** What people call the thing they signed in from: "Firefox on Linux". */
export function describeDevice(userAgent: string | null): string {
  if (!userAgent) return 'Unknown device';
  const { browser, os } = parse(userAgent);
  const name = browser.name || userAgent.split('/')[0]!.slice(0, 40);
  return os.name ? `${name} on ${os.name}` : name;
}
