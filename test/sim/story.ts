/** Of which leases something speaks, for people: the beginning of each task's id and its epoch. */
export function fencesIn(value: unknown): string {
  const fences = JSON.stringify(value).matchAll(/"taskId":"(\w{4})[^"]*","epoch":(\d+)/g);
  return [...fences].map(([, task, epoch]) => ` ${task}/${epoch}`).join('');
}
