import { describeDevice } from './device';

const firefox = (version: number) =>
  `Mozilla/5.0 (X11; Linux x86_64; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`;
const chrome = (system: string, version = 131) =>
  `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`;

describe('a device', () => {
  it.each([
    [firefox(140), 'Firefox on Linux'],
    [chrome('X11; Linux x86_64'), 'Chrome on Linux'],
    [chrome('Windows NT 10.0; Win64; x64'), 'Chrome on Windows'],
    [`${chrome('Windows NT 10.0; Win64; x64')} Edg/131.0.0.0`, 'Microsoft Edge on Windows'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15',
      'Safari on macOS',
    ],
    ['MyApp/1.2.3 (Linux; U)', 'MyApp on Linux'],
    ['node', 'node'],
    ['curl/8.0.1', 'curl'],
    ['jürgen/1', 'jürgen'],
    ['MyApp/1.2.3 CFNetwork/1404.0.5 Darwin/22.3.0', 'MyApp'],
    [null, 'Unknown device'],
    ['', 'Unknown device'],
    ['   ', 'Unknown device'],
    ['/1.0', 'Unknown device'],
    ['"><!', 'Unknown device'],
    ['\0\n\u202e', 'Unknown device'],
    ['\ud800', 'Unknown device'],
  ])('of the user agent %j is called %s', (userAgent, device) => {
    expect(describeDevice(userAgent)).toBe(device);
  });

  it.each([
    [firefox(140), firefox(141)],
    [chrome('Windows NT 10.0', 131), chrome('Windows NT 11.0', 145)],
    ['MyApp/1.2.3 CFNetwork/1404.0.5 Darwin/22.3.0', 'MyApp/2.0 CFNetwork/1500 Darwin/23.0.0'],
    ['MyApp/1.2.3 (Linux; U)', 'MyApp/2 (Linux; 7)'],
    ['curl/8.0.1', 'curl/9'],
  ])('is the same after an update of %j', (before, after) => {
    expect(describeDevice(after)).toBe(describeDevice(before));
  });

  it.each([
    'https://evil.example/login',
    'evil.example/1.0',
    'visit https://evil.example/x now/1.0 (x)',
    'www.evil.example',
    'mailto:eve@evil.example',
    'evil.example/a b/c (d) e',
    '<a href="//evil.example">x</a>/1.0',
    'Mozilla/5.0 (X11; Linux) evil.example/1.0',
    'evil\u3002example/1.0',
  ])('of the user agent %j holds nothing to click on (CWE-451)', (userAgent) => {
    expect(describeDevice(userAgent)).toMatch(/^[\p{L}\p{N}_ -]+$/u);
  });

  it.each([
    'x'.repeat(512),
    `${'x'.repeat(300)}/1 ${'y'.repeat(200)} (`,
    '💩'.repeat(256),
    '𝐱'.repeat(256),
  ])('has a short name, however long the user agent (%#)', (userAgent) => {
    const device = describeDevice(userAgent);
    expect(device.length).toBeLessThanOrEqual(80);
    expect(device).toMatch(/^.{1,40}$/u);
    expect(device.isWellFormed()).toBe(true);
  });
});
