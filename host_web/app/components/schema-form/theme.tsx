import type { RegistryFieldsType, RegistryWidgetsType, TemplatesType } from "@rjsf/utils";
import { BytesWidget } from "./bytes-widget";
import { ChoiceField } from "./choice-field";
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
import { BYTES, JSON_TEXT } from "./formats";
import { ArrayFieldItemTemplate, ArrayFieldTemplate } from "./lists";
import { BaseInputTemplate, JsonWidget, TextWidget } from "./text-widgets";

export const TEMPLATES: Partial<TemplatesType> = {
  ArrayFieldItemTemplate,
  ArrayFieldTemplate,
  BaseInputTemplate,
  DescriptionFieldTemplate,
  FieldErrorTemplate,
  FieldHelpTemplate,
  FieldTemplate,
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

export const FIELDS: RegistryFieldsType = { AnyOfField: ChoiceField, OneOfField: ChoiceField };
