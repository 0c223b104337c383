const { default: Sequencer } = require('@jest/test-sequencer');

/** Which take half a minute or so, most of it waiting: begun last, they would be waited for. */
const LONGEST = [
  'test/reliability/redis-forms',
  'test/reliability/shutdown',
  'test/fuzz/routes',
  'test/reliability/postgres-outage',
  'test/reliability/cli',
  'test/reliability/signing-keys',
  'test/reliability/process',
  'test/e2e/same-work',
  'test/e2e/introspection',
  'test/e2e/signing-keys',
  'test/reliability/redis-',
  'test/reliability/',
  'test/e2e/oauth/attacks-',
  'test/e2e/hostile-',
];

const placeOf = (path) => {
  const place = LONGEST.findIndex((part) => path.replaceAll('\\', '/').includes(part));
  return place === -1 ? LONGEST.length : place;
};

/** Begins with what takes longest, also where nothing is known of an earlier run. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- jest's, which leaves them as they were.
    return super.sort(tests).toSorted((a, b) => placeOf(a.path) - placeOf(b.path));
  }
};
