import type { ComponentChildren } from 'preact';
import { Card } from './card';
import { Table, type TableProps } from './table';

interface Props<T> extends Omit<TableProps<T>, 'caption'> {
  title: string;
  caption?: string; // where the title alone does not say what the rows are
  note?: ComponentChildren;
  actions?: ComponentChildren;
  above?: ComponentChildren; // between the head and the table
  below?: ComponentChildren;
}

// A table that has a card to itself: it reaches the card's edges.
export function TableCard<T>({ title, caption, note, actions, above, below, ...table }: Props<T>) {
  return (
    <Card title={title} note={note} actions={actions} flush>
      {above}
      <Table {...table} caption={caption ?? title} />
      {below}
    </Card>
  );
}
