import type { EncodeCommand } from '../../shared/gen/clipgrid/v1/task.ts';

/** A command with a word that stands for something, an argument of its own, replaced by what that is here. */
export function withWord(command: EncodeCommand, word: string, value: string): EncodeCommand {
  const programs = command.programs.map(({ argv }) => ({
    argv: argv.map((argument) => (argument === word ? value : argument)),
  }));
  return { ...command, programs };
}
