import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { IPv6, parse, parseCIDR } from 'ipaddr.js';

/** All that was ever given out as global unicast (RFC 4291 §2.4); the rest is not routed. */
const GLOBAL_UNICAST = parseCIDR('2000::/3') as [IPv6, number];

/**
 * Whether the address is of one machine on the public Internet: not this machine, not its network,
 * no group, and no IPv6 spelling or tunnel of an IPv4 address. What is no address is not.
 */
export function isPublicAddress(address: string): boolean {
  // A zone is part of this machine's network; not every one is parsed, either.
  if (isIP(address) === 0 || address.includes('%')) return false;
  const parsed = parse(address);
  if (parsed.range() !== 'unicast') return false;
  return !(parsed instanceof IPv6) || parsed.match(GLOBAL_UNICAST);
}

/**
 * A `lookup` for sockets that hands on only public addresses, so that a name cannot be checked as
 * one address and connected to as another.
 */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '');
    const usable = addresses.filter(({ address }) => isPublicAddress(address));
    const [first] = usable;
    if (!first) return callback(new PrivateAddressError(), '');
    return options.all ? callback(null, usable) : callback(null, first.address, first.family);
  });
};

/** The host has no address that `isPublicAddress`. */
export class PrivateAddressError extends Error {
  constructor() {
    super('the address is not public');
    this.name = PrivateAddressError.name;
  }
}
