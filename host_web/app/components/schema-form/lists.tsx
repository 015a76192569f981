import type { ArrayFieldItemTemplateProps, ArrayFieldTemplateProps } from "@rjsf/utils";
import { ChevronDown, ChevronUp, Plus, X } from "lucide-react";
import type { ReactNode } from "react";
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
        <Button className="self-start" size="small" onClick={onAddClick}>
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
  return (
    <div className="flex items-start gap-1">
      <div className="min-w-0 flex-1">{children}</div>
      {hasToolbar && (
        <>
          {(hasMoveUp || hasMoveDown) && (
            <>
              <ItemButton label={`Move ${index + 1} up`} disabled={!hasMoveUp} onClick={onMoveUpItem}>
                <ChevronUp aria-hidden />
              </ItemButton>
              <ItemButton label={`Move ${index + 1} down`} disabled={!hasMoveDown} onClick={onMoveDownItem}>
                <ChevronDown aria-hidden />
              </ItemButton>
            </>
          )}
          {hasRemove && (
            <ItemButton label={`Remove ${index + 1}`} onClick={onRemoveItem}>
              <X aria-hidden />
            </ItemButton>
          )}
        </>
      )}
    </div>
  );
}

function ItemButton(props: {
  label: string;
  disabled?: boolean;
  onClick: (event: unknown) => void;
  children: ReactNode;
}) {
  return (
    <Button
      variant="ghost"
      size="icon"
      aria-label={props.label}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.children}
    </Button>
  );
}
