import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Whether a battery is being emptied. False where there is none, or nothing tells (Linux: Documentation/ABI/testing/sysfs-class-power). */
export async function onBattery(root = '/sys/class/power_supply'): Promise<boolean> {
  const names = await readdir(root).catch((): string[] => []);
  const supplies = await Promise.all(
    names.map(async (name) => {
      const read = (file: string): Promise<string> =>
        readFile(join(root, name, file), 'utf8').then(
          (text) => text.trim(),
          () => '',
        );
      const [type, status, scope, online] = await Promise.all(
        ['type', 'status', 'scope', 'online'].map(read),
      );
      return { type, status, scope, online };
    }),
  );
  // That of a mouse has the scope Device.
  const empties = supplies.some(
    ({ type, status, scope }) => type === 'Battery' && scope !== 'Device' && status === 'Discharging',
  );
  // Some batteries are said to be emptied for a moment although the charger feeds the machine.
  const fed = supplies.some(({ type, online }) => type !== 'Battery' && online === '1');
  return empties && !fed;
}
