"""What programs may use: of which modules, and which parts of them are for the rooms alone."""

from __future__ import annotations

from typing import NamedTuple


class Chapter(NamedTuple):
    """A page of the reference.

    It has what `__all__` of the module names, `only` where there is none, and `more`: what these
    give or raise, by its place.
    """

    module: str
    title: str
    about: str
    only: tuple[str, ...] = ()
    more: tuple[str, ...] = ()


CHAPTERS = (
    Chapter(
        "dsl",
        "The language",
        "Specs, recipes and sweeps: read, changed and written. Nothing here needs torch.",
        more=("dsl.text.problems.Fix", "dsl.text.memory.forget"),
    ),
    Chapter(
        "compiler",
        "Modules and weights",
        "What needs torch: modules, their weights, training, files for other engines.",
        more=(
            "compiler.nn.module.CompiledNetwork",
            "compiler.nn.extractor.FeatureNetwork",
            "compiler.ir.features.FeatureInfo",
            "compiler.running.inference.InferenceNetwork",
            "compiler.running.inference.Choice",
            "compiler.weights.account.WeightsReport",
            "compiler.weights.account.Row",
            "compiler.exporting.reporting.Exported",
            "compiler.exporting.wishes.Wishes",
            "compiler.exporting.wishes.Preprocessing",
            "compiler.exporting.wishes.Calibrate",
            "compiler.exporting.wishes.ExportFault",
            "compiler.training.calling.Trained",
            "compiler.training.records.Record",
            "compiler.training.running.Observer",
            "compiler.training.faults.TrainingFault",
            "compiler.training.faults.Interrupted",
        ),
    ),
    Chapter(
        "compiler.lowering.lower",
        "From a spec to a network",
        "The tree that module, source, drawings and cost are read off.",
        only=("lower",),
        more=(
            "compiler.ir.network.Network",
            "compiler.ir.verifying.verify",
            "compiler.lowering.prepare.prepare",
            "compiler.lowering.prepare.Prepared",
            "compiler.lowering.prepare.Overrides",
            "compiler.passes.pipeline.optimized",
        ),
    ),
    Chapter("compiler.cost", "Cost", "Counts, memory and receptive fields, without running it."),
    Chapter(
        "compiler.checking.examining",
        "Checking",
        "What is wrong with a spec, as data.",
        only=("examined",),
        more=("compiler.checking.examining.Examined",),
    ),
    Chapter("compiler.source", "Emitted source", "The network as Python.", only=("emit",)),
    Chapter(
        "compiler.diagram",
        "Drawings",
        "What is drawn of a network, and how.",
        more=("compiler.ir.measures.Measure",),
    ),
    Chapter("compiler.picture", "Pictures", "A drawing, in any form."),
    Chapter("compiler.report.page", "The report", "All of it as one page.", only=("as_html",)),
    Chapter("compiler.diff", "Comparing", "What differs between two networks."),
    Chapter("compiler.importing", "Importing", "From a module back to a spec."),
    Chapter(
        "compiler.plugins",
        "Layers of your own",
        "What plugins are made of; `BeforeValidator` and `model_validator` are pydantic's.",
    ),
)

FOR_ROOMS = {
    "compiler.diagram.wishes.Wishes": {"heading", "only", "room"},
    "compiler.diff.changes.Place": {"into", "inside"},
    "compiler.diff.wording.Diff": {"common", "steps"},
    "compiler.exporting.reporting.Exported": {"given", "files"},
    "compiler.exporting.wishes.Preprocessing": {"in_weights"},
    "compiler.exporting.wishes.Wishes": {"outside", "version"},
    "compiler.ir.network.Network": {"whole", "origins", "init"},
    "compiler.picture.sheet.Sheet": {
        *("heading", "tiles", "edges", "strokes", "paper", "scale", "across", "down"),
        *("page", "unscaled", "cells", "head_height"),
    },
    "dsl.models.changes.Changes": {"remember", "settings", "removals", "insertions", "place"},
    "dsl.models.model.Document": {"read_from", "texts"},
    "dsl.models.model.Model": {"model_config", "model_validate", "at", "placed"},
}
"""What other rooms ask of a class, and programs don't, by the class that has it."""
