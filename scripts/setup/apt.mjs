import { say } from './root.mjs';
import { run, tail, which } from './shell.mjs';

async function prefix() {
  if (!which('apt-get')) return undefined;
  if (process.getuid?.() === 0) return [];
  const sudo = which('sudo');
  if (sudo && (await run(sudo, ['-n', 'true'])).code === 0) return [sudo, '-n'];
  return undefined;
}

let updated = false;

/** Installs Debian packages, when we may. Returns why not, or undefined when they are installed. */
export async function aptInstall(packages) {
  const how = await prefix();
  if (!how) return `run: sudo apt-get update && sudo apt-get install -y ${packages.join(' ')}`;
  const apt = (args) => {
    const line = [...how, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args];
    return run(line[0], line.slice(1));
  };
  if (!updated) {
    say('reading the list of Debian packages (apt-get update) ...');
    await apt(['update']);
    updated = true;
  }
  say(`installing ${packages.join(', ')} (apt-get install) ...`);
  const result = await apt(['install', '-y', '--no-install-recommends', ...packages]);
  return result.code === 0
    ? undefined
    : `apt-get install ${packages.join(' ')} failed:\n${tail(result.output)}`;
}
