import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Some proxies put the port into X-Forwarded-For. */
const PORT = /^(?:\[(?<six>[^\]]+)\]|(?<four>[\d.]+))(?::\d{1,5})?$/;
const UNKNOWN = 'unknown';

/** RFC 6052 §2.1: in its last 32 bits is the IPv4 address that a translator speaks for. */
const NAT64 = ipaddr.parseCIDR('64:ff9b::/96');
/** RFC 8215: the same within one network, whose operator chose where in it the IPv4 address is. */
const LOCAL_NAT64 = ipaddr.parseCIDR('64:ff9b:1::/48');

/**
 * What limits count an address as: an IPv4 address as itself, however it is written, and an IPv6
 * address as its /64, which is the least that one customer has (RFC 6177). Behind a translator
 * (NAT64) all IPv4 is in one /64, so there it is the IPv4 address that counts, or where that cannot
 * be told the whole address. What is no address is all one, so that nobody gets a fresh count by
 * making one up.
 */
export function networkOf(ip: string): string {
  if (isIPv4(ip)) return ip;
  const parts = PORT.exec(ip)?.groups;
  const bare = parts?.six ?? parts?.four ?? ip;
  if (!ipaddr.isValid(bare)) return UNKNOWN;
  const address = ipaddr.process(bare);
  if (address.kind() === 'ipv4') return address.toString();
  if (address.match(NAT64)) return ipaddr.fromByteArray(address.toByteArray().slice(-4)).toString();
  // Not its text, which ends in whatever zone the caller named.
  const groups = (address as ipaddr.IPv6).parts.map((part) => part.toString(16));
  if (address.match(LOCAL_NAT64)) return groups.join(':');
  return `${groups.slice(0, 4).join(':')}::/64`;
}
