// The steps before an engine that spare it work (docs/accounting.md §6), in words.
const stepNames: Record<string, string> = {
  'documents.ocr': 'Text in place of a scanned page',
  'documents.images': 'Smaller pictures',
  'documents.seen': 'A file that was sent before',
  'documents.repeats': 'Headers and footers that repeat',
  'documents.boilerplate': 'Boilerplate',
  'documents.duplicates': 'Passages that stand twice',
  'cache.exact': 'The same question again',
  'cache.semantic': 'A question that means the same',
  'cache.coalesced': 'Asked while the same was being answered',
};

export const stepName = (step: string): string => stepNames[step] ?? step;
