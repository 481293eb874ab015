// Loaded before a program of ours: the wall clock of its process, all of which is read through Date, jumps at SIGUSR2.
const RealDate = Date;
let offsetMs = 0;

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + offsetMs);
    else super(...args);
  }

  static now() {
    return RealDate.now() + offsetMs;
  }
};

const jumps = (process.env.CHAOS_CLOCK_JUMPS_MS ?? '').split(',').map(Number);
process.on('SIGUSR2', () => {
  offsetMs += jumps.shift() ?? 0;
});
