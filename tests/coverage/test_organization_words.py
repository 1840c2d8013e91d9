"""French articles before the names of organizations."""

from __future__ import annotations

import pytest

from maillage.coverage.rules.organization_words import of_it, the, to_it


@pytest.mark.parametrize(
    ("name", "article", "to", "of"),
    [
        ("CH Le Cateau", "le CH Le Cateau", "au CH Le Cateau", "du CH Le Cateau"),
        ("CHU de Lille", "le CHU de Lille", "au CHU de Lille", "du CHU de Lille"),
        ("C.H. de Douai", "le C.H. de Douai", "au C.H. de Douai", "du C.H. de Douai"),
        ("GH Seclin Carvin", "le GH Seclin Carvin", "au GH Seclin Carvin", "du GH Seclin Carvin"),
        ("Centre hospitalier de Lens", "le Centre hospitalier de Lens",
         "au Centre hospitalier de Lens", "du Centre hospitalier de Lens"),
        ("Hôpital Saint-Philibert", "l'Hôpital Saint-Philibert", "à l'Hôpital Saint-Philibert",
         "de l'Hôpital Saint-Philibert"),
        ("hôpital de Denain", "l'hôpital de Denain", "à l'hôpital de Denain",
         "de l'hôpital de Denain"),
        ("HD Felleries-Liessies", "l'HD Felleries-Liessies", "à l'HD Felleries-Liessies",
         "de l'HD Felleries-Liessies"),
        ("EHPAD Les Tilleuls", "l'EHPAD Les Tilleuls", "à l'EHPAD Les Tilleuls",
         "de l'EHPAD Les Tilleuls"),
        ("ARS Hauts-de-France", "l'ARS Hauts-de-France", "à l'ARS Hauts-de-France",
         "de l'ARS Hauts-de-France"),
        ("Clinique du Parc", "la Clinique du Parc", "à la Clinique du Parc",
         "de la Clinique du Parc"),
        ("MSP Valenciennes", "la MSP Valenciennes", "à la MSP Valenciennes",
         "de la MSP Valenciennes"),
        ("CPTS du Valenciennois", "la CPTS du Valenciennois", "à la CPTS du Valenciennois",
         "de la CPTS du Valenciennois"),
        ("Hospices civils de Lyon", "les Hospices civils de Lyon", "aux Hospices civils de Lyon",
         "des Hospices civils de Lyon"),
        ("Médipôle", "Médipôle", "à Médipôle", "de Médipôle"),
        ("La Croisée", "La Croisée", "à La Croisée", "de La Croisée"),
        ("Oncolille", "Oncolille", "à Oncolille", "d'Oncolille"),
        ("9", "9", "à 9", "de 9"),
        ("", "", "à ", "de "),
    ],
)  # fmt: skip
def test_articles(name: str, article: str, to: str, of: str) -> None:
    assert (the(name), to_it(name), of_it(name)) == (article, to, of)
