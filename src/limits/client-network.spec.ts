import { networkOf } from './client-network';

describe('networkOf', () => {
  it.each([
    ['198.51.100.1', '198.51.100.1'],
    ['::ffff:198.51.100.1', '198.51.100.1'],
    ['::ffff:c633:6401', '198.51.100.1'],
    ['198.51.100.1:5678', '198.51.100.1'],
    ['0306.51.100.1', '198.51.100.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::9]:443', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9%eth0', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('counts %s as %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });

  it('counts the neighbouring /64 apart', () => {
    expect(networkOf('2001:db8:1:2::1')).not.toBe(networkOf('2001:db8:1:3::1'));
  });

  it.each([
    '',
    'unknown',
    '_hidden',
    'a.example',
    '1.2.3.4, 5.6.7.8',
    '"',
    '1.2.3.4:x',
    '[::1',
    '999.1.1.1',
  ])('counts %j as one with everything that is no address', (garbage) => {
    expect(networkOf(garbage)).toBe('unknown');
  });
});
