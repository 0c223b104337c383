import dns, { type LookupAddress } from 'node:dns';
import { isPublicAddress, lookupPublic, PrivateAddressError } from './public-address';

describe('isPublicAddress', () => {
  it.each([
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '93.184.215.14',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:82a::200e',
  ])('lets through %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ['unspecified', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['RFC 1918', '10.0.0.1'],
    ['RFC 1918', '172.16.0.1'],
    ['RFC 1918', '172.31.255.255'],
    ['RFC 1918', '192.168.1.1'],
    ['link-local', '169.254.0.1'],
    ['the metadata of clouds', '169.254.169.254'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['carrier-grade NAT, the metadata of a cloud', '100.100.100.200'],
    ['protocol assignments', '192.0.0.192'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.1'],
    ['6to4 relays', '192.88.99.1'],
    ['benchmarks', '198.18.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['IPv4-mapped', '::ffff:127.0.0.1'],
    ['IPv4-mapped', '::ffff:7f00:1'],
    ['IPv4-mapped, though of a public address', '::ffff:1.1.1.1'],
    ['IPv4-compatible', '::127.0.0.1'],
    ['IPv4-compatible', '::a00:1'],
    ['IPv4-translated', '::ffff:0:127.0.0.1'],
    ['NAT64', '64:ff9b::10.0.0.1'],
    ['NAT64 of an operator', '64:ff9b:1::10.0.0.1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:53aa:64c::1'],
    ['ORCHID', '2001:20::1'],
    ['benchmarks', '2001:2::1'],
    ['documentation', '2001:db8::1'],
    ['documentation', '3fff::1'],
    ['unique local', 'fc00::1'],
    ['unique local, the metadata of a cloud', 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['discard', '100::1'],
    ['segment routing', '5f00::1'],
    ['never given out', '4000::1'],
    ['no address', 'example.com'],
    ['no address', ''],
    ['another spelling', '2130706433'],
    ['another spelling', '0x7f.1'],
    ['another spelling', '0177.0.0.1'],
  ])('refuses %s: %s', (_, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('lookupPublic', () => {
  afterEach(() => jest.restoreAllMocks());

  const found = (...addresses: string[]): LookupAddress[] =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

  function answering(error: Error | null, addresses: LookupAddress[]): void {
    jest
      .spyOn(dns, 'lookup')
      .mockImplementation(((_: string, __: unknown, done: Function) =>
        done(error, addresses)) as typeof dns.lookup);
  }

  const lookUp = (all: boolean): Promise<unknown[]> =>
    new Promise((resolve) => {
      lookupPublic('host.test', { all, hints: 0 }, (...result) => resolve(result));
    });

  it('hands on the public addresses among those found', async () => {
    answering(null, found('127.0.0.1', '1.1.1.1', '::1', '2606:4700::1', '10.0.0.1'));
    await expect(lookUp(true)).resolves.toEqual([null, found('1.1.1.1', '2606:4700::1')]);
  });

  it('hands on the first public address to whoever asks for one', async () => {
    answering(null, found('127.0.0.1', '2606:4700::1', '1.1.1.1'));
    await expect(lookUp(false)).resolves.toEqual([null, '2606:4700::1', 6]);
  });

  it.each([true, false])('fails where none is left (all: %s)', async (all) => {
    answering(null, found('127.0.0.1', '::ffff:1.1.1.1'));
    const [error] = await lookUp(all);
    expect(error).toBeInstanceOf(PrivateAddressError);
  });

  it('fails as the lookup itself fails', async () => {
    const failure = new Error('getaddrinfo ENOTFOUND host.test');
    answering(failure, []);
    const [error] = await lookUp(true);
    expect(error).toBe(failure);
  });
});
