// As all tests, but for these alone, and without the Postgres that the others share.
const { globalSetup: _, globalTeardown: __, ...shared } = require('../../jest.config.json');

module.exports = {
  ...shared,
  rootDir: '../..',
  roots: ['<rootDir>/test/faults'],
  testRegex: String.raw`\.fault-spec\.ts$`,
};
