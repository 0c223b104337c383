import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  openSync,
  writeSync,
} from 'node:fs';
import { POSTGRES_ENV, unavailable } from './postgres-binaries';
import { type PostgresHome, readIfThere } from './postgres-home';

/**
 * Runs "$@", which is Postgres, until nobody has the FIFO (descriptor 3) open for writing: the
 * kernel closes what a process held however that process ends, and the read sees end of file.
 *
 * A holder that is heard while Postgres owns the cluster is noted on descriptor 4. Without such an
 * answer a newcomer could connect in the instant between that end of file and the signal.
 *
 * SIGINT (fast shutdown) repeats because Postgres inherits it ignored and takes a moment to
 * install its handler. After ten seconds it is SIGQUIT (immediate shutdown, which loses nothing
 * committed): Postgres 18 does not end when told to while it recovers from a crash. The outer shell keeps the FIFO readable until Postgres is gone, so that
 * newcomers wait for that instead of starting a second one in vain.
 */
const SUPERVISOR = `
"$@" 3<&- 4>&- &
postgres=$!
{
  while read -r holder; do
    read -r owner <postmaster.pid && [ "$owner" = "$postgres" ] && echo "$holder" >&4
  done <&3
  tries=0
  signal=INT
  while kill "-$signal" "$postgres"; do
    sleep 0.1 3<&-
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || signal=QUIT
  done
} 2>/dev/null &
reader=$!
trap 'kill -INT "$postgres"' HUP INT TERM
while kill -0 "$postgres"; do wait "$postgres"; done 2>/dev/null
kill "$reader" 2>/dev/null
`;

/** Past this many bytes the log starts anew with Postgres. */
const LONGEST_LOG = 4 * 1024 * 1024;
const NOBODY_READS = new Set(['ENOENT', 'ENXIO', 'EPIPE']);
/** Another process was faster, or the last Postgres has not quite gone: worth trying again. */
const IN_THE_WAY = /lock file ".*" (already exists|is empty)|pre-existing shared memory block/;

/** This process's share in the Postgres of one home, which runs as long as anyone has a share. */
export class PostgresHold {
  private readonly id = randomUUID();
  private pipe: number | null = null;
  private supervisor: ChildProcess | null = null;
  private supervisorError: Error | null = null;
  private logStart = 0;

  constructor(private readonly home: PostgresHome) {}

  /** Takes the share and tells the supervisor. False when there is none. */
  announce(): boolean {
    try {
      this.pipe ??= this.openPipe();
      writeSync(this.pipe, `${process.pid} ${this.id}\n`);
      return true;
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      // Full: a supervisor is there, and busy with the shutdown.
      if (code === 'EAGAIN') return true;
      if (NOBODY_READS.has(code)) return false;
      throw error;
    }
  }

  /** Whether the running Postgres will stay until `release`: its supervisor heard us in time. */
  get isConfirmed(): boolean {
    return readIfThere(this.home.holders).includes(this.id);
  }

  /** Starts `command` under a supervisor. We hold it from before it runs: our death ends it too. */
  start(command: readonly string[]): void {
    // The last one has closed its end, and we are about to hear how it ended.
    if (this.supervisor && !this.hasEnded) return;
    if (!existsSync(this.home.pipe)) this.makePipe();
    // For reading and writing at once: the only way to open a FIFO that waits for no other end.
    const both = openSync(this.home.pipe, constants.O_RDWR);
    const reader = openSync(this.home.pipe, constants.O_RDONLY);
    const log = this.openForOwner(this.home.log);
    const holders = this.openForOwner(this.home.holders);
    try {
      this.pipe ??= this.openPipe();
      if (fstatSync(log).size > LONGEST_LOG) ftruncateSync(log);
      ftruncateSync(holders);
      this.logStart = fstatSync(log).size;
      this.supervise(command, ['ignore', log, log, reader, holders]);
    } finally {
      for (const descriptor of [both, reader, log, holders]) closeSync(descriptor);
    }
  }

  /** Why the Postgres that `start` started has ended, if that is not for another one's sake. */
  get failure(): Error | null {
    if (this.supervisorError) return this.supervisorError;
    if (!this.hasEnded) return null;
    const log = readIfThere(this.home.log);
    // By now another process may have begun it anew.
    const ours = log.subarray(this.logStart <= log.length ? this.logStart : 0).toString();
    return IN_THE_WAY.test(ours) ? null : this.error('did not start');
  }

  /** An Error with what Postgres last logged. */
  error(what: string): Error {
    const lines = readIfThere(this.home.log).toString().trim().split('\n').slice(-10).join('\n');
    return new Error(`The embedded Postgres ${what}. The end of ${this.home.log}:\n${lines}`);
  }

  /** Gives the share back; the last one stops Postgres. */
  release(): void {
    if (this.pipe !== null) closeSync(this.pipe);
    this.pipe = null;
  }

  private get hasEnded(): boolean {
    return this.supervisor?.exitCode != null || this.supervisor?.signalCode != null;
  }

  private openPipe(): number {
    return openSync(this.home.pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  }

  private supervise(command: readonly string[], stdio: ('ignore' | number)[]): void {
    this.supervisor = spawn('/bin/sh', ['-c', SUPERVISOR, 'postgres-supervisor', ...command], {
      ...this.home.owner,
      cwd: this.home.cluster,
      env: POSTGRES_ENV,
      // Out of reach of the terminal's Ctrl-C, which is ours to answer first.
      detached: true,
      stdio,
    });
    this.supervisor.once('error', (error) => (this.supervisorError = error));
    this.supervisor.unref();
  }

  private makePipe(): void {
    const { pipe, owner } = this.home;
    const options = { ...owner, env: POSTGRES_ENV, stdio: 'pipe' } as const;
    try {
      execFileSync('mkfifo', ['-m', '600', pipe], options);
    } catch (error) {
      // Otherwise another process made it in the meantime.
      if (!existsSync(pipe))
        throw unavailable(`cannot make a FIFO at ${pipe} (${(error as Error).message.trim()})`);
    }
  }

  /** To append to; the owner's even if root makes it, so that both may start it in turn. */
  private openForOwner(path: string): number {
    const descriptor = openSync(path, 'a', 0o600);
    if (this.home.owner) fchownSync(descriptor, this.home.owner.uid, this.home.owner.gid);
    return descriptor;
  }
}
