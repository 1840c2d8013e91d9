"""Swaps that outlive their slots, and calendars that end with the account of whoever made them."""

import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    dependencies = [("oncall", "0002_rosters")]

    operations = [
        migrations.AddField(
            model_name="calendarlink",
            name="account",
            field=models.CharField(default="", max_length=60, verbose_name="compte"),
            preserve_default=False,
        ),
        # No swap could be written before: the rows that these defaults would fill do not exist.
        migrations.AddField(
            model_name="swap",
            name="line",
            field=models.ForeignKey(
                default=0,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="oncall.dutyline",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="swap",
            name="starts_at",
            field=models.DateTimeField(default=timezone.now, verbose_name="du"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="swap",
            name="ends_at",
            field=models.DateTimeField(default=timezone.now, verbose_name="au"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="swap",
            name="return_starts_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="en retour, du"),
        ),
        migrations.AddField(
            model_name="swap",
            name="return_ends_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="en retour, au"),
        ),
        migrations.AlterField(
            model_name="swap",
            name="slot",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="oncall.dutyslot",
            ),
        ),
        migrations.AlterField(
            model_name="swap",
            name="in_return",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="oncall.dutyslot",
            ),
        ),
        migrations.AddConstraint(
            model_name="swap",
            constraint=models.CheckConstraint(
                condition=models.Q(return_starts_at__isnull=True, return_ends_at__isnull=True)
                | models.Q(return_ends_at__gt=models.F("return_starts_at")),
                name="oncall_swap_return_is_whole",
            ),
        ),
    ]
