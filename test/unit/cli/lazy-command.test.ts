import { describe, expect, test } from 'vitest';
import { LazyCommand } from '../../../src/cli/lazy-command.js';

interface Tree {
  readonly program: LazyCommand;
  readonly serve: LazyCommand;
  /** Commands whose options were made, in order. */
  readonly made: string[];
}

function makeTree(): Tree {
  const made: string[] = [];
  const program = new LazyCommand('tool').exitOverride();
  for (const name of ['serve', 'list']) {
    program
      .command(name)
      .defineOptions((command) => {
        made.push(name);
        command.option('--port <N>', 'a port', '80').option('--open', 'a switch');
      })
      .action(() => {});
  }
  return { program, serve: program.commands[0], made };
}

const flagsOf = (command: LazyCommand): string[] => command.options.map(({ flags }) => flags);

describe('a command whose options are made when they are looked at', () => {
  test('of a line that names one command no other is asked for its options', async () => {
    const { program, serve, made } = makeTree();
    await program.parseAsync(['serve', '--open'], { from: 'user' });
    expect(made).toEqual(['serve']);
    expect(serve.opts()).toEqual({ port: '80', open: true });
  });

  test('who looks at the options finds them, and they are made once', () => {
    const { serve, made } = makeTree();
    expect(made).toEqual([]);
    expect(flagsOf(serve)).toEqual(['--port <N>', '--open']);
    expect(flagsOf(serve)).toEqual(['--port <N>', '--open']);
    expect(made).toEqual(['serve']);
  });

  test('what is defined later comes later, and sees what was defined before', () => {
    const { serve } = makeTree();
    serve.defineOptions((command) => {
      if (command.options.some(({ long }) => long === '--open')) command.option('--no-open', 'its opposite');
    });
    expect(flagsOf(serve)).toEqual(['--port <N>', '--open', '--no-open']);
    serve.defineOptions((command) => {
      command.option('--late', 'after the first look');
    });
    expect(flagsOf(serve).at(-1)).toBe('--late');
  });

  test('a second line has the defaults again', async () => {
    const { program, serve } = makeTree();
    await program.parseAsync(['serve', '--port', '81', '--open'], { from: 'user' });
    await program.parseAsync(['serve'], { from: 'user' });
    expect(serve.opts()).toEqual({ port: '80' });
  });
});
