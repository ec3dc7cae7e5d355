/** Why a schema was refused: every problem with its place in the schema. */
import { hasCode } from '../../api/problem.ts';
import { ProblemAlert } from '../../ui/problem-alert.tsx';

export function SchemaProblem({ error }: { error: unknown }) {
  const { problems = [] } = hasCode(error, 'schema-invalid') ? error.members : {};
  // The contract says what this code carries.
  const found = problems as { pointer: string; message: string }[];
  return (
    <>
      <ProblemAlert error={error} />
      {found.length > 1 && (
        <ul className="plain-list">
          {found.map(({ pointer, message }) => (
            <li key={`${pointer} ${message}`}>
              <code className="mono">{pointer || '/'}</code> {message}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
