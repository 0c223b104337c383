import { humanDuration } from './human-duration';

describe('humanDuration', () => {
  it.each([
    [3600, '1 hour'],
    [86_400, '24 hours'],
    [172_800, '2 days'],
    [259_200, '3 days'],
    [5400, '90 minutes'],
    [60, '1 minute'],
    [36, '36 seconds'],
    [90, '90 seconds'],
    [0, '0 seconds'],
  ])('says %d seconds as %s', (seconds, expected) => {
    expect(humanDuration(seconds)).toBe(expected);
  });

  it('never promises more than there is', () => {
    expect(humanDuration(1188)).toBe('19 minutes');
    expect(humanDuration(109_800)).toBe('30 hours');
    expect(humanDuration(59.9)).toBe('59 seconds');
  });

  it('speaks the language of the mail', () => {
    expect(humanDuration(3600, 'de')).toBe('1 Stunde');
  });
});
