import { expect, test } from 'vitest';
import { TicketSigner } from '../../../../../coordinator/dialects/finalrip/ticket.ts';

const signer = new TicketSigner('a secret for tests');
const ticket = { kind: 'clip', taskId: 'x', expiresAtS: 100 } as const;

test('a ticket comes back whole until its time is over', () => {
  expect(signer.verify(signer.sign(ticket), 99_999)).toEqual(ticket);
  expect(() => signer.verify(signer.sign(ticket), 100_000)).toThrow('expired');
});

test.each([
  ['another secret', new TicketSigner('another').sign(ticket)],
  ['a changed payload', `x${signer.sign(ticket)}`],
  ['a cut signature', signer.sign(ticket).slice(0, -2)],
  ['no signature', signer.sign(ticket).split('.')[0] ?? ''],
  ['nothing', ''],
  ['a dot', '.'],
])('%s is refused', (_title, text) => {
  expect(() => signer.verify(text, 0)).toThrow('changed or cut short');
});
