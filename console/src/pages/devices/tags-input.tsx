/** Tags one by one: a box to type in, and what is there to take away. */
import { CloseOutlined } from '@ant-design/icons';
import { Button, Input } from 'antd';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { addTags, TAG_CHARS_MAX, TAGS_MAX, type TagsDraft } from './tags.ts';

type Props = { draft: TagsDraft; onChange: (draft: TagsDraft) => void; autoFocus?: boolean };

export function TagsInput({ draft, onChange, autoFocus = false }: Props) {
  const { t } = useTranslation('devices');
  const id = useId();
  const { tags, typed } = draft;
  const added = addTags(draft);
  const add = () => {
    if (added.kind === 'added') onChange({ tags: added.tags, typed: '' });
  };
  return (
    <div>
      <TagChips
        tags={tags}
        onRemove={(tag) => onChange({ ...draft, tags: tags.filter((each) => each !== tag) })}
      />
      <div className="row" style={{ flexWrap: 'nowrap' }}>
        <Input
          value={typed}
          autoFocus={autoFocus}
          aria-label={t('tagsInput.label')}
          aria-describedby={id}
          status={added.kind === 'added' ? '' : 'error'}
          spellCheck={false}
          onChange={({ target }) => onChange({ ...draft, typed: target.value })}
          onKeyDown={(event) => {
            // While a Chinese word is being put together, Enter ends that and no more.
            if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
            event.preventDefault();
            add();
          }}
        />
        <Button onClick={add}>{t('tagsInput.add')}</Button>
      </div>
      <div id={id} className={added.kind === 'added' ? 'muted hint' : 'bad hint'} aria-live="polite">
        {added.kind === 'bad' && t('tagsInput.bad', { tag: added.tag, count: TAG_CHARS_MAX })}
        {added.kind === 'tooMany' && t('tagsInput.tooMany', { count: added.count, max: TAGS_MAX })}
        {added.kind === 'added' && t('tagsInput.help')}
      </div>
    </div>
  );
}

function TagChips({ tags, onRemove }: { tags: readonly string[]; onRemove: (tag: string) => void }) {
  const { t } = useTranslation('devices');
  if (tags.length === 0) return null;
  return (
    <ul className="chips" aria-label={t('tags')} style={{ marginBottom: 8 }}>
      {tags.map((tag) => (
        <li key={tag} className="chip">
          {tag}
          <button type="button" aria-label={t('tagsInput.remove', { tag })} onClick={() => onRemove(tag)}>
            <CloseOutlined aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  );
}
