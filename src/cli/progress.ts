import type { Output } from './io.ts';

/** Shows how far a long piece of work is: a bar on a terminal, plain lines elsewhere. */
export interface Progress {
  /** Named part of the work that has begun. */
  step(name: string): void;
  /** Share of the whole, 0..1. */
  at(fraction: number): void;
  /** A line worth keeping. */
  line(text: string): void;
  end(): void;
}

const barWidth = 24;

/** Progress on `output`; nothing but plain lines when it is no terminal, so that logs stay readable. */
export function createProgress(output: Output): Progress {
  return output.isTTY ? bar(output) : lines(output);
}

function bar(output: Output): Progress {
  let name = '';
  let fraction = 0;
  const draw = () => {
    const full = Math.round(fraction * barWidth);
    const text = `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}] ${String(Math.round(fraction * 100)).padStart(3)} %  ${name}`;
    output.write(`\r\u001b[K${text.slice(0, (output.columns ?? 80) - 1)}`);
  };
  return {
    step(next) {
      name = next;
      draw();
    },
    at(next) {
      fraction = next;
      draw();
    },
    line(text) {
      output.write(`\r\u001b[K${text}\n`);
      draw();
    },
    end() {
      output.write('\r\u001b[K');
    },
  };
}

function lines(output: Output): Progress {
  let percent = 0;
  return {
    step(name) {
      output.write(`${String(percent).padStart(3)} %  ${name}\n`);
    },
    at(fraction) {
      percent = Math.round(fraction * 100);
    },
    line(text) {
      output.write(`       ${text}\n`);
    },
    end: () => undefined,
  };
}
