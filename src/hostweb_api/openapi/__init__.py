"""The description of the API, made from the declarations of its routes: as a document and as a page."""
