import type { ArrayFieldItemTemplateProps, ArrayFieldTemplateProps } from "@rjsf/utils";
import { ChevronDown, ChevronUp, Plus, X } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { Prose } from "../prose";
import { Button } from "../ui/button";

export function ArrayFieldTemplate({
  title,
  schema,
  items,
  canAdd,
  onAddClick,
  fieldPathId,
}: ArrayFieldTemplateProps) {
  return (
    <fieldset id={fieldPathId.$id} className="flex min-w-0 flex-col gap-2 border-line border-l-2 pl-3">
      <legend className="mb-1 font-medium">{title}</legend>
      {schema.description && (
        <p className="-mt-1 text-muted text-xs">
          <Prose text={schema.description} />
        </p>
      )}
      {items}
      {canAdd && (
        <Button data-act="add" className="self-start" size="small" onClick={onAddClick}>
          <Plus aria-hidden />
          Add {items.length > 0 ? "another" : "one"}
        </Button>
      )}
    </fieldset>
  );
}

export function ArrayFieldItemTemplate({
  children,
  buttonsProps,
  index,
  hasToolbar,
}: ArrayFieldItemTemplateProps) {
  const { hasMoveUp, hasMoveDown, hasRemove, onMoveUpItem, onMoveDownItem, onRemoveItem } = buttonsProps;
  const row = useRef<HTMLDivElement>(null);
  /** Change the list, and put the focus where the hand goes on: on the buttons of the row that stands there then. */
  const change = (act: (event: unknown) => void, wanted: string, at: number) => (event: unknown) => {
    const list = row.current?.parentElement;
    act(event);
    if (list) setTimeout(() => focusIn(list, wanted, at));
  };
  return (
    <div ref={row} data-item className="flex items-start gap-1">
      <div className="min-w-0 flex-1">{children}</div>
      {hasToolbar && (
        <>
          {(hasMoveUp || hasMoveDown) && (
            <>
              <ItemButton
                act="up"
                label={`Move ${index + 1} up`}
                disabled={!hasMoveUp}
                onClick={change(onMoveUpItem, "up", index - 1)}
              >
                <ChevronUp aria-hidden />
              </ItemButton>
              <ItemButton
                act="down"
                label={`Move ${index + 1} down`}
                disabled={!hasMoveDown}
                onClick={change(onMoveDownItem, "down", index + 1)}
              >
                <ChevronDown aria-hidden />
              </ItemButton>
            </>
          )}
          {hasRemove && (
            <ItemButton
              act="remove"
              label={`Remove ${index + 1}`}
              onClick={change(onRemoveItem, "remove", index)}
            >
              <X aria-hidden />
            </ItemButton>
          )}
        </>
      )}
    </div>
  );
}

/** Focus a button of a row, or of the last one; a disabled one leaves it to its neighbour, an empty list to “Add”. */
function focusIn(list: HTMLElement, wanted: string, at: number): void {
  const rows = list.querySelectorAll<HTMLElement>(":scope > [data-item]");
  const row = rows[Math.min(at, rows.length - 1)];
  const place = row ?? list;
  const button =
    place.querySelector<HTMLElement>(`[data-act="${wanted}"]:not(:disabled)`) ??
    place.querySelector<HTMLElement>("[data-act]:not(:disabled)");
  button?.focus();
}

function ItemButton(props: {
  act: string;
  label: string;
  disabled?: boolean;
  onClick: (event: unknown) => void;
  children: ReactNode;
}) {
  return (
    <Button
      variant="ghost"
      size="icon"
      data-act={props.act}
      aria-label={props.label}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.children}
    </Button>
  );
}
