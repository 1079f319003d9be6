// Starts a lab as a program of its own, tells its processes and files, and holds it until it is killed.
const [, , labModule, plan, algorithm] = process.argv;
const { startLab } = await import(labModule);
const lab = await startLab(JSON.parse(plan), {
  seed: 1,
  algorithm: JSON.parse(algorithm),
  onWarning: () => {},
});
// nginx listens before its last worker is there.
let count = 0;
while (count !== lab.pids.length) {
  count = lab.pids.length;
  await new Promise((resolve) => setTimeout(resolve, 200));
}
process.stdout.write(
  `${JSON.stringify({ pids: lab.pids, accessLog: lab.accessLog, port: lab.target.port })}\n`,
);
setInterval(() => {}, 60_000);
