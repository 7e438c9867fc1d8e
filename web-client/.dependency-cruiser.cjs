/**
 * Edges of the web client. Each rule says why it stands; oxlint finds direct bans,
 * only this finds transitive ones.
 */
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "features-never-import-each-other",
      comment: "A feature is understood alone; what two need moves to the app's lib or to shared.",
      severity: "error",
      from: { path: "^(patient|staff)/src/features/([^/]+)/" },
      to: { path: "^(patient|staff)/src/features/", pathNot: "^$1/src/features/$2/" },
    },
    {
      name: "patient-never-imports-staff",
      comment: "The apps are separate builds for separate people.",
      severity: "error",
      from: { path: "^patient/" },
      to: { path: "^staff/" },
    },
    {
      name: "staff-never-imports-patient",
      comment: "The apps are separate builds for separate people.",
      severity: "error",
      from: { path: "^staff/" },
      to: { path: "^patient/" },
    },
    {
      name: "shared-never-imports-an-app",
      comment: "shared is below both apps.",
      severity: "error",
      from: { path: "^shared/" },
      to: { path: "^(patient|staff)/" },
    },
    {
      name: "no-mantine-for-patients",
      comment: "Mantine alone would break the patient's first-load budget.",
      severity: "error",
      from: { path: "^patient/" },
      to: { path: "@mantine/", reachable: true },
    },
    {
      name: "no-mantine-in-shared",
      comment: "shared is part of the patient build.",
      severity: "error",
      from: { path: "^shared/" },
      to: { path: "@mantine/" },
    },
    {
      name: "models-without-react",
      comment: "The call, chat and device models are React-free: views draw, models decide.",
      severity: "error",
      from: { path: "^shared/(rtc|chat)/", pathNot: "(\\.test\\.tsx?|\\.hooks\\.tsx?)$" },
      to: { path: "(^|/)node_modules/(react|react-dom|@tanstack/react-query)/" },
    },
    {
      name: "testing-only-in-tests",
      comment: "Fixtures and mock servers never reach a user.",
      severity: "error",
      from: {
        path: "^(patient|staff|shared)/",
        pathNot: "(\\.test\\.tsx?$|^shared/testing/|^(patient|staff)/harness/)",
      },
      to: { path: "^(shared/testing/|patient/harness/|staff/harness/)" },
    },
    { name: "no-cycles", comment: "Cycles hide who owns what.", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-unresolvable",
      comment: "Every import resolves.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
      mainFields: ["module", "main", "types"],
    },
  },
};
