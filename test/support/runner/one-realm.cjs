const { ModernFakeTimers, LegacyFakeTimers } = require('@jest/fake-timers');
const { ModuleMocker } = require('jest-mock');

/**
 * Runs spec files in the realm of the process, as the service runs, and not each in one of its own.
 * What a file leaves behind there is taken away after it.
 */
module.exports = class OneRealm {
  constructor({ projectConfig: config }) {
    const global = globalThis;
    this.global = global;
    this.before = {
      properties: new Set(Reflect.ownKeys(global)),
      console: global.console,
      environment: { ...process.env },
      process: { exit: process.exit, getBuiltinModule: process.getBuiltinModule },
    };
    this.moduleMocker = new ModuleMocker(global);
    const { moduleMocker } = this;
    const timerConfig = { idToRef: (id) => id, refToId: (ref) => ref };
    this.fakeTimers = new LegacyFakeTimers({ config, global, moduleMocker, timerConfig });
    this.fakeTimersModern = new ModernFakeTimers({ config, global });
  }

  async setup() {}

  async teardown() {
    const { properties, console, environment } = this.before;
    this.moduleMocker.restoreAllMocks();
    this.fakeTimers.dispose();
    this.fakeTimersModern.dispose();
    for (const name of Reflect.ownKeys(globalThis))
      if (!properties.has(name)) Reflect.deleteProperty(globalThis, name);
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, environment);
    Object.assign(process, this.before.process, { exitCode: undefined });
    globalThis.console = console;
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  getVmContext() {
    return globalThis;
  }
};
