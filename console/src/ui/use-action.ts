/** Something a person does that changes the server: says when it worked, and what to show when it did not. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App } from 'antd';
import { readAgain } from '../api/read-again.ts';

type Options<Input, Output> = {
  run: (input: Input) => Promise<Output>;
  /** Keys of what is to be read again. */
  invalidates?: readonly (readonly unknown[])[];
  /** What to say when it worked. */
  done?: string | ((output: Output) => string);
  onDone?: (output: Output, input: Input) => void;
};

/** The error is the caller's to show (`ProblemAlert`), beside what was tried. */
export function useAction<Input = void, Output = unknown>(options: Options<Input, Output>) {
  const client = useQueryClient();
  const { message } = App.useApp();
  return useMutation<Output, unknown, Input>({
    mutationFn: options.run,
    onSuccess: async (output, input) => {
      const { done, invalidates = [] } = options;
      if (done !== undefined) void message.success(typeof done === 'string' ? done : done(output));
      options.onDone?.(output, input);
      await Promise.all(invalidates.map((queryKey) => readAgain(client, queryKey)));
    },
  });
}
