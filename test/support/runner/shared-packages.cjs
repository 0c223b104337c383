const { compileFunction } = require('node:vm');
const { sep } = require('node:path');
const { default: Runtime } = require('jest-runtime');

/** What the tests are written with is each file's own, as jest has it. */
const OWN = /^(?:@jest|@swc|expect|jest(?:-[\w-]+)?)$/;
const FOLDER = `${sep}node_modules${sep}`;

/** `@scope` of a scoped package is enough. */
const packageOf = (path) => path.slice(path.lastIndexOf(FOLDER) + FOLDER.length).split(sep, 1)[0];

const isShared = (path) =>
  path.includes(FOLDER) && !path.endsWith('.json') && !OWN.test(packageOf(path));

/**
 * Loads a worker's packages once, as Node does, and not anew for each spec file, which costs more
 * than most of them take; our own modules are each file's own as ever. For that all must be of one
 * realm, or an error of a package would be no `Error` here: see `one-realm.cjs`.
 */
class SharedPackages extends Runtime {
  constructor(...parameters) {
    super(...parameters);
    const { executor } = this;
    this.paths = this.cjsLoader.resolution;
    executor.compile = (source, filename) =>
      compileFunction(source, executor.injectedModuleParameters, { filename });
  }

  requireModule(from, name, options, isRequireActual) {
    if (!options?.isInternalModule && !(name && this.paths.isCoreModule(name))) {
      // Without a name it is `from` that is wanted, as a file of the configuration.
      const path = name ? this.paths.resolveCjs(from, name) : from;
      if (isShared(path)) return require(path);
    }
    return super.requireModule(from, name, options, isRequireActual);
  }
}

module.exports = { __esModule: true, default: SharedPackages };
