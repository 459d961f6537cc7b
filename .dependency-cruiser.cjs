// The arrows: which folder may import from which. Everything not listed is forbidden.
// The swc parser is dependency-cruiser's own way to read TypeScript without the compiler's
// JavaScript API, which TypeScript 7 does not have.

const allowed = {
  catalogue: [],
  money: [],
  wire: ['money', 'catalogue'],
  store: ['wire', 'money', 'catalogue'],
  http: ['wire', 'money', 'catalogue'],
  provider: ['store', 'http', 'wire', 'money', 'catalogue'],
  gateway: ['store', 'http', 'wire', 'money', 'catalogue'],
};

// Test files and the helpers they share; neither is published.
const tests = '([.]test|/testing)[.]ts$';

const arrow = (folder, mayImport) => ({
  name: `${folder}-imports`,
  comment: `src/${folder} may import only ${[folder, ...mayImport].join(', ')}`,
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: tests },
  to: { path: '^(src|scripts|bench|fidelity)/', pathNot: `^src/(${[folder, ...mayImport].join('|')})/` },
});

const apart = (one, other) => ({
  name: `${one}-not-${other}`,
  comment: 'the two sides of the counter know each other only by HTTP, in tests too',
  severity: 'error',
  from: { path: `^src/${one}/` },
  to: { path: `^src/${other}/` },
});

module.exports = {
  forbidden: [
    ...Object.entries(allowed).map(([folder, mayImport]) => arrow(folder, mayImport)),
    apart('provider', 'gateway'),
    apart('gateway', 'provider'),
    {
      name: 'engine-is-pure',
      comment: 'the engine decides and does nothing else: no store, no HTTP, no clock, no files',
      severity: 'error',
      from: { path: '^src/provider/engine/', pathNot: tests },
      to: { path: '^src/', pathNot: '^src/(provider/engine|catalogue|money|wire)/' },
    },
    {
      name: 'engine-without-node',
      comment: 'the engine uses no node: module',
      severity: 'error',
      from: { path: '^src/provider/engine/', pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'browser-alone',
      comment: 'what runs in a browser is served file by file and imports nothing from the server',
      severity: 'error',
      from: { path: '^src/provider/(checkout|shop)/browser/' },
      to: { pathNot: '^src/provider/(checkout|shop)/browser/' },
    },
    {
      name: 'shop-is-a-client',
      comment: 'the demo shop knows Klarna by HTTP only, as any merchant; it shares how files are served',
      severity: 'error',
      from: { path: '^src/provider/shop/', pathNot: tests },
      to: { path: '^src/', pathNot: '^src/(provider/shop|provider/checkout/(face[.]ts|browser)|http|money)/?' },
    },
    {
      name: 'probes-know-no-server',
      comment: 'the probes are put to any server, so they know none; only what starts Kvitt, and tests, know it',
      severity: 'error',
      from: { path: '^fidelity/', pathNot: '(^fidelity/targets|[.]test)[.]ts$' },
      to: { path: '^(src|bench)/' },
    },
    {
      name: 'tests-stay-outside',
      comment: 'what runs in production does not import tests',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: tests },
    },
    {
      name: 'published-needs-only-dependencies',
      comment: 'a package imported in production is listed under dependencies',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules/[.])' },
  },
};
