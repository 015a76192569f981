import type { MultiSchemaFieldTemplateProps, RegistryWidgetsType, TemplatesType } from "@rjsf/utils";
import { BytesWidget } from "./bytes-widget";
import { CheckboxWidget, SelectWidget } from "./choice-widgets";
import {
  AddButton,
  DescriptionFieldTemplate,
  FieldErrorTemplate,
  FieldHelpTemplate,
  FieldTemplate,
  ObjectFieldTemplate,
  UnsupportedFieldTemplate,
} from "./fields";
import { ArrayFieldItemTemplate, ArrayFieldTemplate } from "./lists";
import { BYTES, JSON_TEXT } from "./schema";
import { BaseInputTemplate, JsonWidget, TextWidget } from "./text-widgets";

function MultiSchemaFieldTemplate({ selector, optionSchemaField }: MultiSchemaFieldTemplateProps) {
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {selector}
      {/* What was chosen is named above already. */}
      <div className="[&>div>fieldset>legend]:sr-only">{optionSchemaField}</div>
    </div>
  );
}

export const TEMPLATES: Partial<TemplatesType> = {
  ArrayFieldItemTemplate,
  ArrayFieldTemplate,
  BaseInputTemplate,
  DescriptionFieldTemplate,
  FieldErrorTemplate,
  FieldHelpTemplate,
  FieldTemplate,
  MultiSchemaFieldTemplate,
  ObjectFieldTemplate,
  UnsupportedFieldTemplate,
  ButtonTemplates: { AddButton } as TemplatesType["ButtonTemplates"],
};

export const WIDGETS: RegistryWidgetsType = {
  TextWidget,
  TextareaWidget: TextWidget,
  CheckboxWidget,
  SelectWidget,
  [BYTES]: BytesWidget,
  [JSON_TEXT]: JsonWidget,
};
